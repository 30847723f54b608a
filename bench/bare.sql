-- The barest double entry that PostgreSQL can do: one row with a unique key, two updates in the order of their ids,
-- two entries with UNIQUE (account, version). bench/ledger.py lays our posting beside it.

CREATE TABLE ref_account (id int PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0), version bigint NOT NULL);
CREATE TABLE ref_txn (id uuid PRIMARY KEY DEFAULT uuidv7(), key text UNIQUE NOT NULL);
CREATE TABLE ref_entry (id uuid PRIMARY KEY DEFAULT uuidv7(), txn uuid NOT NULL REFERENCES ref_txn,
    account int NOT NULL REFERENCES ref_account, amount bigint NOT NULL, version bigint NOT NULL,
    balance_after bigint NOT NULL, UNIQUE (account, version));
CREATE FUNCTION ref_transfer(p_key text, p_from int, p_to int, p_amount bigint) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE v_txn uuid;
BEGIN
    INSERT INTO ref_txn (key) VALUES (p_key) RETURNING id INTO v_txn;
    PERFORM FROM ref_account WHERE id IN (p_from, p_to) ORDER BY id FOR NO KEY UPDATE;
    WITH moved AS (
        UPDATE ref_account a SET balance = a.balance + l.amount, version = a.version + 1
        FROM (VALUES (p_from, -p_amount), (p_to, p_amount)) l (id, amount) WHERE a.id = l.id
        RETURNING a.id, l.amount, a.version, a.balance)
    INSERT INTO ref_entry (txn, account, amount, version, balance_after) SELECT v_txn, * FROM moved;
    RETURN v_txn;
END $$
