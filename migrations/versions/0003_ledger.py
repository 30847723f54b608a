"""The one door of the journal, the triggers that keep it append-only, and the rights of the application's role.

`marketplace_app` has no right to write the ledger's tables: it may only call `ledger_post` and `ledger_seal`, which
run with the owner's rights. An operator gives it to the account of DATABASE_URL (`GRANT marketplace_app TO …`) and
migrates as another one. The embedded database has one account, its owner: there the triggers hold alone, since they
bind everybody. Whoever switches triggers off is found by the hash chain.

Errors: LE001 a request that is wrong in itself, LE002 a key used for another request, LE004 the journal is final.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

POST = """
CREATE FUNCTION ledger_post(
    p_key text, p_request_hash bytea, p_kind text, p_subject_kind text, p_subject_id uuid, p_effective_at timestamptz,
    p_codes text[], p_currencies text[], p_amounts bigint[], p_reverses uuid
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_lines integer := cardinality(p_codes);
    v_transaction uuid;
    v_hash bytea;
    v_moved integer;
BEGIN
    IF v_lines NOT BETWEEN 2 AND 100 OR cardinality(p_currencies) <> v_lines OR cardinality(p_amounts) <> v_lines
       OR 0 = ANY (p_amounts) OR (SELECT count(DISTINCT code) FROM unnest(p_codes) AS code) <> v_lines THEN
        RAISE EXCEPTION 'ledger: 2 to 100 lines, none of zero, each with an account of its own'
            USING ERRCODE = 'LE001';
    END IF;
    IF EXISTS (SELECT FROM unnest(p_currencies, p_amounts) AS line (currency, amount)
               GROUP BY currency HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'ledger: the lines do not add up to zero' USING ERRCODE = 'LE001';
    END IF;

    INSERT INTO ledger_transactions (key, request_hash, kind, subject_kind, subject_id, effective_at, reverses)
    VALUES (p_key, p_request_hash, p_kind, p_subject_kind, p_subject_id, p_effective_at, p_reverses)
    ON CONFLICT (key) DO NOTHING RETURNING id INTO v_transaction;
    IF v_transaction IS NULL THEN
        SELECT id, request_hash INTO STRICT v_transaction, v_hash FROM ledger_transactions WHERE key = p_key;
        IF v_hash <> p_request_hash THEN
            RAISE EXCEPTION 'ledger: the key % was used for another request', p_key USING ERRCODE = 'LE002';
        END IF;
        RETURN v_transaction;
    END IF;

    -- Zero rows first, then locks: an account that does not exist can't be locked. Both in one order.
    INSERT INTO ledger_accounts (code, currency, floor, is_shared)
    SELECT line.code, line.currency, CASE WHEN line.is_shared THEN NULL ELSE 0 END, line.is_shared
    FROM (SELECT code, currency, code ~ '^(world|platform):' AS is_shared
          FROM unnest(p_codes, p_currencies) AS given (code, currency)) AS line
    WHERE NOT EXISTS (SELECT FROM ledger_accounts AS known WHERE known.code = line.code)
    ORDER BY line.is_shared, line.code
    ON CONFLICT (code) DO NOTHING;
    PERFORM FROM ledger_accounts WHERE code = ANY (p_codes) ORDER BY is_shared, code FOR NO KEY UPDATE;

    WITH moved AS (
        UPDATE ledger_accounts AS account
        SET balance = account.balance + line.amount, version = account.version + 1
        FROM unnest(p_codes, p_currencies, p_amounts) AS line (code, currency, amount)
        WHERE account.code = line.code AND account.currency = line.currency
        RETURNING account.id, account.currency, line.amount, account.version, account.balance
    )
    INSERT INTO ledger_entries (transaction_id, account_id, currency, amount, account_version, balance_after)
    SELECT v_transaction, id, currency, amount, version, balance FROM moved;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    IF v_moved <> v_lines THEN
        RAISE EXCEPTION 'ledger: an account of % has another currency', p_codes USING ERRCODE = 'LE001';
    END IF;
    RETURN v_transaction;
END $$
"""

SEAL = """
CREATE FUNCTION ledger_seal(p_after bigint, p_ids uuid[], p_hashes bytea[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_after <> (SELECT coalesce(max(seal_number), 0) FROM ledger_transactions) THEN
        RAISE EXCEPTION 'ledger: seal % is not the last one', p_after USING ERRCODE = 'LE001';
    END IF;
    UPDATE ledger_transactions AS sealed SET seal_number = p_after + given.number, seal_hash = given.hash
    FROM unnest(p_ids, p_hashes) WITH ORDINALITY AS given (id, hash, number)
    WHERE sealed.id = given.id;
END $$
"""

REFUSE = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: % on % is refused, the journal is final', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LE004';
END $$
"""

ONLY_SEAL = """
CREATE FUNCTION ledger_only_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_unsealed ledger_transactions := NEW;
BEGIN
    v_unsealed.seal_number := NULL;
    v_unsealed.seal_hash := NULL;
    IF NEW.seal_number IS NULL OR v_unsealed IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'ledger: UPDATE on ledger_transactions is refused, the journal is final'
            USING ERRCODE = 'LE004';
    END IF;
    RETURN NEW;
END $$
"""

ONLY_COUNT_ON = """
CREATE FUNCTION ledger_only_count_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.code, NEW.currency, NEW.is_shared, NEW.version)
       <> (OLD.id, OLD.code, OLD.currency, OLD.is_shared, OLD.version + 1) OR NEW.floor IS DISTINCT FROM OLD.floor THEN
        RAISE EXCEPTION 'ledger: UPDATE on ledger_accounts is refused, only entries change a balance'
            USING ERRCODE = 'LE004';
    END IF;
    RETURN NEW;
END $$
"""

BALANCE_HAS_ENTRY = """
CREATE FUNCTION ledger_balance_has_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.version = 0 AND NEW.balance = 0 THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM ledger_entries WHERE account_id = NEW.id AND account_version = NEW.version
                   AND balance_after = NEW.balance) THEN
        RAISE EXCEPTION 'ledger: the balance of % has no entry', NEW.code USING ERRCODE = 'LE004';
    END IF;
    RETURN NULL;
END $$
"""

ENTRY_ADDS_UP = """
CREATE FUNCTION ledger_entry_adds_up() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_entries WHERE transaction_id = NEW.transaction_id
               GROUP BY currency HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'ledger: transaction % does not add up to zero', NEW.transaction_id USING ERRCODE = 'LE004';
    END IF;
    IF NEW.balance_after - NEW.amount IS DISTINCT FROM (CASE WHEN NEW.account_version = 1 THEN 0 ELSE (
        SELECT balance_after FROM ledger_entries
        WHERE account_id = NEW.account_id AND account_version = NEW.account_version - 1) END) THEN
        RAISE EXCEPTION 'ledger: entry % does not continue its account', NEW.id USING ERRCODE = 'LE004';
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = """
CREATE TRIGGER final BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER final_all BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER final BEFORE DELETE ON ledger_transactions FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER final_all BEFORE TRUNCATE ON ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER only_seal BEFORE UPDATE ON ledger_transactions FOR EACH ROW EXECUTE FUNCTION ledger_only_seal();
CREATE TRIGGER final BEFORE DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER final_all BEFORE TRUNCATE ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER only_count_on BEFORE UPDATE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_only_count_on();
CREATE CONSTRAINT TRIGGER balance_has_entry AFTER INSERT OR UPDATE ON ledger_accounts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balance_has_entry();
CREATE CONSTRAINT TRIGGER entry_adds_up AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_adds_up();
"""

ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'marketplace_app') THEN
        CREATE ROLE marketplace_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server was faster
END $$
"""

RIGHTS = """
GRANT USAGE ON SCHEMA public TO marketplace_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO marketplace_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO marketplace_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO marketplace_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO marketplace_app;
REVOKE INSERT, UPDATE, DELETE ON ledger_accounts, ledger_transactions, ledger_entries FROM marketplace_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM marketplace_app;
REVOKE UPDATE, DELETE ON audit_lines FROM marketplace_app;
REVOKE EXECUTE ON FUNCTION ledger_post, ledger_seal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post, ledger_seal TO marketplace_app;
"""

FIRST_FEE = "INSERT INTO fee_rules (kind, basis_points, valid_from) VALUES ('contract', 1000, '2026-01-01 00:00+00')"


def upgrade() -> None:
    functions = [POST, SEAL, REFUSE, ONLY_SEAL, ONLY_COUNT_ON, BALANCE_HAS_ENTRY, ENTRY_ADDS_UP]
    for statement in [*functions, *_split(TRIGGERS), ROLE, *_split(RIGHTS), FIRST_FEE]:
        op.get_bind().exec_driver_sql(statement)


def _split(statements: str) -> list[str]:
    """asyncpg prepares one statement at a time."""
    return [statement for statement in statements.split(";") if statement.strip()]
