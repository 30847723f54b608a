"""Only a posting writes: the door is a trigger, and each table of the journal refuses whatever is asked for by hand.

`ledger_post` inserts a row into the view `ledger_postings`, whose trigger writes the transaction, moves its accounts and
writes the entries. Statements of a trigger come in at depth 2, those of anybody else, the owner too, at 1: so no entry is
there that the door did not sum or whose transaction it did not write, and no balance that no entry moved. What CHECKs, a
foreign key and the summing of all new entries said again is left out. What each part costs: decision 0016.

Lines come in one order: everybody's accounts last, then by code, byte by byte. So accounts are locked in one order, and
one that is missing is opened in its turn: nobody waits for one who waits for him.
"""

from alembic import op

revision = "0034"
down_revision = "0033"

ONLY_POSTED = """
CREATE FUNCTION ledger_only_posted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        RAISE EXCEPTION 'ledger: % on % is refused, only postings write there', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'LE004';
    END IF;
    RETURN NULL;
END $$
"""

ONLY_SEAL = """
CREATE OR REPLACE FUNCTION ledger_only_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_unsealed ledger_transactions := NEW;
BEGIN
    v_unsealed.seal_number := NULL;
    v_unsealed.seal_hash := NULL;
    IF NEW.seal_number IS NULL OR NEW.seal_hash IS NULL OR v_unsealed IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'ledger: UPDATE on ledger_transactions is refused, the journal is final'
            USING ERRCODE = 'LE004';
    END IF;
    RETURN NEW;
END $$
"""

POSTINGS = """
CREATE VIEW ledger_postings AS
SELECT NULL::uuid AS id, NULL::text AS key, NULL::bytea AS request_hash, NULL::text AS kind, NULL::text AS subject_kind,
    NULL::uuid AS subject_id, NULL::timestamptz AS effective_at, NULL::text[] AS codes, NULL::text[] AS currencies,
    NULL::bigint[] AS amounts, NULL::uuid AS reverses
WHERE false
"""

POSTING = """
CREATE FUNCTION ledger_posting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_codes text[] := NEW.codes;
    v_currencies text[] := NEW.currencies;
    v_amounts bigint[] := NEW.amounts;
    v_lines integer := cardinality(v_codes);
    v_transaction uuid;
    v_hash bytea;
    v_code text;
    v_currency text;
    v_amount bigint;
    v_place text;
    v_last text := '';
    v_sum bigint := 0;
    v_has_opened boolean;
BEGIN
    IF v_lines NOT BETWEEN 2 AND 100 OR cardinality(v_currencies) <> v_lines OR cardinality(v_amounts) <> v_lines
       OR 0 = ANY (v_amounts) THEN
        RAISE EXCEPTION 'ledger: 2 to 100 lines, none of zero' USING ERRCODE = 'LE001';
    END IF;

    INSERT INTO ledger_transactions (key, request_hash, kind, subject_kind, subject_id, effective_at, reverses)
    VALUES (NEW.key, NEW.request_hash, NEW.kind, NEW.subject_kind, NEW.subject_id, NEW.effective_at, NEW.reverses)
    ON CONFLICT (key) DO NOTHING RETURNING id INTO v_transaction;
    IF v_transaction IS NULL THEN
        SELECT id, request_hash INTO STRICT v_transaction, v_hash FROM ledger_transactions WHERE key = NEW.key;
        IF v_hash <> NEW.request_hash THEN
            RAISE EXCEPTION 'ledger: the key % was used for another request', NEW.key USING ERRCODE = 'LE002';
        END IF;
        NEW.id := v_transaction;
        RETURN NEW;
    END IF;

    FOR v_line IN 1..v_lines LOOP
        v_code := v_codes[v_line];
        v_currency := v_currencies[v_line];
        v_amount := v_amounts[v_line];
        v_place := CASE WHEN v_code ~ '^(world|platform):' THEN '~' ELSE '' END || v_code;
        IF v_place COLLATE "C" <= v_last THEN
            RAISE EXCEPTION 'ledger: each line needs an account of its own, in their order: %', v_codes
                USING ERRCODE = 'LE001';
        END IF;
        v_last := v_place;
        v_has_opened := false;
        LOOP
            WITH moved AS (
                UPDATE ledger_accounts SET balance = balance + v_amount, version = version + 1
                WHERE code = v_code AND currency = v_currency RETURNING id, version, balance
            )
            INSERT INTO ledger_entries (transaction_id, account_id, currency, amount, account_version, balance_after)
            SELECT v_transaction, id, v_currency, v_amount, version, balance FROM moved;
            EXIT WHEN FOUND;
            IF v_has_opened THEN
                RAISE EXCEPTION 'ledger: account % is of another currency than %', v_code, v_currency
                    USING ERRCODE = 'LE001';
            END IF;
            INSERT INTO ledger_accounts (code, currency, floor, is_shared)
            VALUES (v_code, v_currency, CASE WHEN v_place = v_code THEN 0 END, v_place <> v_code)
            ON CONFLICT (code) DO NOTHING;
            v_has_opened := true;
        END LOOP;
        v_sum := v_sum + v_amount;
    END LOOP;

    IF v_currencies[1] <> ANY (v_currencies) THEN -- each for itself: a query, so not for one currency
        v_sum := CASE WHEN EXISTS (SELECT FROM unnest(v_currencies, v_amounts) AS line (currency, amount)
                                   GROUP BY currency HAVING sum(amount) <> 0) THEN 1 ELSE 0 END;
    END IF;
    IF v_sum <> 0 THEN
        RAISE EXCEPTION 'ledger: transaction % does not add up to zero', v_transaction USING ERRCODE = 'LE004';
    END IF;
    NEW.id := v_transaction;
    RETURN NEW;
END $$
"""

POST = """
CREATE OR REPLACE FUNCTION ledger_post(
    p_key text, p_request_hash bytea, p_kind text, p_subject_kind text, p_subject_id uuid, p_effective_at timestamptz,
    p_codes text[], p_currencies text[], p_amounts bigint[], p_reverses uuid
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_transaction uuid;
BEGIN
    INSERT INTO ledger_postings
    VALUES (NULL, p_key, p_request_hash, p_kind, p_subject_kind, p_subject_id, p_effective_at,
            p_codes, p_currencies, p_amounts, p_reverses)
    RETURNING id INTO v_transaction;
    RETURN v_transaction;
END $$
"""

# The floor's CHECK stays, in fewer words: with no floor it is neither true nor false, and lets the row pass.
TABLES = """
CREATE TRIGGER posting INSTEAD OF INSERT ON ledger_postings FOR EACH ROW EXECUTE FUNCTION ledger_posting();
REVOKE ALL ON ledger_postings FROM marketplace_app;
DROP TRIGGER moves_account ON ledger_entries;
DROP TRIGGER add_up ON ledger_entries;
DROP TRIGGER only_entries ON ledger_accounts;
DROP FUNCTION ledger_entry_moves_account;
DROP FUNCTION ledger_entries_add_up;
DROP FUNCTION ledger_only_entries_move;
CREATE TRIGGER only_posted BEFORE UPDATE ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_posted();
CREATE TRIGGER only_posted BEFORE INSERT ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_posted();
CREATE TRIGGER only_posted BEFORE INSERT ON ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_posted();
ALTER TABLE ledger_accounts RENAME CONSTRAINT ck_ledger_accounts_floor TO ck_ledger_accounts_floor_or_none;
ALTER TABLE ledger_accounts ADD CONSTRAINT ck_ledger_accounts_floor CHECK (balance >= floor) NOT VALID;
ALTER TABLE ledger_accounts VALIDATE CONSTRAINT ck_ledger_accounts_floor;
ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_floor_or_none;
ALTER TABLE ledger_transactions DROP CONSTRAINT ck_ledger_transactions_seal;
ALTER TABLE ledger_entries DROP CONSTRAINT ck_ledger_entries_amount,
    DROP CONSTRAINT fk_ledger_entries_transaction_id
"""


def upgrade() -> None:
    for statement in (ONLY_POSTED, ONLY_SEAL, POSTINGS, POSTING, *TABLES.split(";"), POST):
        op.get_bind().exec_driver_sql(statement)
