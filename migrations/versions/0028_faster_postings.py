"""An entry moves its account: what triggers compared after each posting now holds by the way entries are written.

Before an entry is stored, its trigger adds the amount to the account and takes version and balance from there; nothing
else may UPDATE an account. So balances follow entries, and entries continue each other and their account, without
anybody looking; that an entry's account exists and has its currency is the same UPDATE, so the foreign key said it twice.
Only the sum is still checked, of all entries of a statement, whoever wrote them. What each part costs: decision 0010.

The door looks its accounts up one by one, by scalars: of an array PostgreSQL makes a new plan at each call.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

MOVES_ACCOUNT = """
CREATE FUNCTION ledger_entry_moves_account() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE ledger_accounts SET balance = balance + NEW.amount, version = version + 1
    WHERE id = NEW.account_id AND currency = NEW.currency
    RETURNING version, balance INTO NEW.account_version, NEW.balance_after;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ledger: an entry in % without an account of that currency', NEW.currency
            USING ERRCODE = 'LE004';
    END IF;
    RETURN NEW;
END $$
"""

ONLY_ENTRIES = """
CREATE FUNCTION ledger_only_entries_move() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    -- 1: asked for by hand. The UPDATE of an entry's trigger comes in at 2.
    IF pg_trigger_depth() = 1 THEN
        RAISE EXCEPTION 'ledger: UPDATE on ledger_accounts is refused, only entries change a balance'
            USING ERRCODE = 'LE004';
    END IF;
    RETURN NULL;
END $$
"""

ADD_UP = """
CREATE OR REPLACE FUNCTION ledger_entries_add_up() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    v_transaction uuid;
BEGIN
    SELECT transaction_id INTO v_transaction FROM new_rows
    GROUP BY transaction_id, currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger: transaction % does not add up to zero', v_transaction USING ERRCODE = 'LE004';
    END IF;
    RETURN NULL;
END $$
"""

POST = """
CREATE OR REPLACE FUNCTION ledger_post(
    p_key text, p_request_hash bytea, p_kind text, p_subject_kind text, p_subject_id uuid, p_effective_at timestamptz,
    p_codes text[], p_currencies text[], p_amounts bigint[], p_reverses uuid
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_lines integer := cardinality(p_codes);
    v_transaction uuid;
    v_hash bytea;
    v_account uuid;
    v_is_shared boolean;
    v_accounts uuid[];
    v_shared boolean[];
    v_has_opened boolean := false;
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

    LOOP -- a second time when accounts had to be opened first: none is locked before all are there
        v_accounts := '{}';
        v_shared := '{}';
        FOR v_line IN 1..v_lines LOOP
            SELECT id, is_shared INTO v_account, v_is_shared FROM ledger_accounts
            WHERE code = p_codes[v_line] AND currency = p_currencies[v_line];
            EXIT WHEN NOT FOUND OR v_account = ANY (v_accounts);
            v_accounts[v_line] := v_account;
            v_shared[v_line] := v_is_shared;
        END LOOP;
        EXIT WHEN cardinality(v_accounts) = v_lines;
        IF v_has_opened THEN
            RAISE EXCEPTION 'ledger: each line needs an account of its own, of its currency: %', p_codes
                USING ERRCODE = 'LE001';
        END IF;
        v_has_opened := true;
        INSERT INTO ledger_accounts (code, currency, floor, is_shared)
        SELECT line.code, line.currency, CASE WHEN line.is_shared THEN NULL ELSE 0 END, line.is_shared
        FROM (SELECT code, currency, code ~ '^(world|platform):' AS is_shared
              FROM unnest(p_codes, p_currencies) AS given (code, currency)) AS line
        ORDER BY line.is_shared, line.code
        ON CONFLICT (code) DO NOTHING;
    END LOOP;

    -- Each entry locks its account as it moves it: in one order, everybody's accounts last.
    INSERT INTO ledger_entries (transaction_id, account_id, currency, amount)
    SELECT v_transaction, line.account_id, line.currency, line.amount
    FROM unnest(v_accounts, p_currencies, p_amounts, v_shared, p_codes)
        AS line (account_id, currency, amount, is_shared, code)
    ORDER BY line.is_shared, line.code;
    RETURN v_transaction;
END $$
"""

TABLES = """
DROP TRIGGER follow_entries ON ledger_accounts;
DROP FUNCTION ledger_balances_follow_entries;
CREATE TRIGGER only_entries BEFORE UPDATE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_entries_move();
CREATE TRIGGER fixed BEFORE UPDATE OF id, code, currency, is_shared, floor ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER moves_account BEFORE INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_moves_account();
ALTER TABLE ledger_entries DROP CONSTRAINT fk_ledger_entries_account_id_currency,
    DROP CONSTRAINT ck_ledger_entries_version;
ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_version,
    DROP CONSTRAINT uq_ledger_accounts_id_currency;
DROP INDEX ix_ledger_transactions_subject
"""


def upgrade() -> None:
    for statement in (MOVES_ACCOUNT, ONLY_ENTRIES, ADD_UP, *TABLES.split(";"), POST):
        op.get_bind().exec_driver_sql(statement)
