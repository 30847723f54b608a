"""The one door of the journal, the triggers that keep it append-only, and the rights of the application's role.

`marketplace_app` has no right to write the ledger's tables: it may only call `ledger_post` and `ledger_seal`, which
run with the owner's rights. An operator gives it to the account of DATABASE_URL (`GRANT marketplace_app TO …`) and
migrates as another one. The embedded database has one account, its owner: there the triggers hold alone, since they
bind everybody. Whoever switches triggers off is found by the hash chain.

Sums and balances are checked again by triggers at the end of each statement: the door writes the entries of a
transaction and the balances of its accounts in one statement, so that nothing has to wait for COMMIT (a deferred
constraint trigger runs once per row, and not at all when a savepoint ends).

Errors: LE001 a request that is wrong in itself, LE002 a key used for another request, LE004 the journal is final.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

POST = """
CREATE FUNCTION ledger_post(
    p_key text, p_request_hash bytea, p_kind text, p_subject_kind text, p_subject_id uuid, p_effective_at timestamptz,
    p_codes text[], p_currencies text[], p_amounts bigint[], p_reverses uuid
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- One plan, row by row through the indexes, here and in the triggers: else each call is planned anew for its arrays,
-- and what the planner believes about sizes makes it read whole tables.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_lines integer := cardinality(p_codes);
    v_transaction uuid;
    v_hash bytea;
    v_moved integer;
BEGIN
    IF v_lines NOT BETWEEN 2 AND 100 OR cardinality(p_currencies) <> v_lines OR cardinality(p_amounts) <> v_lines
       OR 0 = ANY (p_amounts) THEN
        RAISE EXCEPTION 'ledger: 2 to 100 lines, none of zero' USING ERRCODE = 'LE001';
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
    IF (SELECT count(*) FROM ledger_accounts WHERE code = ANY (p_codes)) < v_lines THEN
        INSERT INTO ledger_accounts (code, currency, floor, is_shared)
        SELECT line.code, line.currency, CASE WHEN line.is_shared THEN NULL ELSE 0 END, line.is_shared
        FROM (SELECT code, currency, code ~ '^(world|platform):' AS is_shared
              FROM unnest(p_codes, p_currencies) AS given (code, currency)) AS line
        ORDER BY line.is_shared, line.code
        ON CONFLICT (code) DO NOTHING;
    END IF;
    WITH locked AS MATERIALIZED (
        SELECT account.id, line.amount
        FROM unnest(p_codes, p_currencies, p_amounts) AS line (code, currency, amount)
        JOIN ledger_accounts AS account ON account.code = line.code AND account.currency = line.currency
        ORDER BY account.is_shared, account.code FOR NO KEY UPDATE OF account
    ), moved AS (
        UPDATE ledger_accounts AS account
        SET balance = account.balance + locked.amount, version = account.version + 1
        FROM locked WHERE account.id = locked.id
        RETURNING account.id, account.currency, locked.amount, account.version, account.balance
    )
    INSERT INTO ledger_entries (transaction_id, account_id, currency, amount, account_version, balance_after)
    SELECT v_transaction, id, currency, amount, version, balance FROM moved;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    IF v_moved <> v_lines THEN
        RAISE EXCEPTION 'ledger: each line needs an account of its own, of its currency: %', p_codes
            USING ERRCODE = 'LE001';
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

FOLLOW_ENTRIES = """
CREATE FUNCTION ledger_balances_follow_entries() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    v_code text;
BEGIN
    SELECT now.code INTO v_code FROM new_rows AS now LEFT JOIN old_rows AS was ON was.id = now.id
    WHERE (now.code, now.currency, now.is_shared, now.version)
          IS DISTINCT FROM (was.code, was.currency, was.is_shared, was.version + 1)
       OR now.floor IS DISTINCT FROM was.floor
       OR NOT EXISTS (SELECT FROM ledger_entries AS entry WHERE entry.account_id = now.id
                      AND entry.account_version = now.version AND entry.balance_after = now.balance) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger: UPDATE on ledger_accounts is refused, only entries change a balance (%)', v_code
            USING ERRCODE = 'LE004';
    END IF;
    RETURN NULL;
END $$
"""

BEGIN_AT_ZERO = """
CREATE FUNCTION ledger_begin_at_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.balance <> 0 OR NEW.version <> 0 THEN
        RAISE EXCEPTION 'ledger: account % does not begin at zero', NEW.code USING ERRCODE = 'LE004';
    END IF;
    RETURN NEW;
END $$
"""

ADD_UP = """
CREATE FUNCTION ledger_entries_add_up() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_transaction uuid;
BEGIN
    -- One by one: PostgreSQL knows nothing of the size of new_rows, and would read all entries to join with it.
    FOR v_transaction IN SELECT DISTINCT transaction_id FROM new_rows LOOP
        IF EXISTS (SELECT FROM ledger_entries WHERE transaction_id = v_transaction
                   GROUP BY currency HAVING sum(amount) <> 0) THEN
            RAISE EXCEPTION 'ledger: transaction % does not add up to zero', v_transaction USING ERRCODE = 'LE004';
        END IF;
        IF EXISTS (SELECT FROM ledger_entries AS entry
                   JOIN ledger_accounts AS account ON account.id = entry.account_id
                   LEFT JOIN ledger_entries AS before ON before.account_id = entry.account_id
                       AND before.account_version = entry.account_version - 1
                   WHERE entry.transaction_id = v_transaction
                     AND ((account.version, account.balance) <> (entry.account_version, entry.balance_after)
                          OR entry.balance_after - entry.amount <> coalesce(before.balance_after, 0)
                          OR (before.account_id IS NULL AND entry.account_version > 1))) THEN
            RAISE EXCEPTION 'ledger: transaction % does not continue its accounts', v_transaction
                USING ERRCODE = 'LE004';
        END IF;
    END LOOP;
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
CREATE TRIGGER begin_at_zero BEFORE INSERT ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_begin_at_zero();
CREATE TRIGGER follow_entries AFTER UPDATE ON ledger_accounts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_balances_follow_entries();
CREATE TRIGGER add_up AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_add_up();
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
    functions = [POST, SEAL, REFUSE, ONLY_SEAL, FOLLOW_ENTRIES, BEGIN_AT_ZERO, ADD_UP]
    for statement in [*functions, *_split(TRIGGERS), ROLE, *_split(RIGHTS), FIRST_FEE]:
        op.get_bind().exec_driver_sql(statement)


def _split(statements: str) -> list[str]:
    """asyncpg prepares one statement at a time."""
    return [statement for statement in statements.split(";") if statement.strip()]
