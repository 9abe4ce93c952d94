--liquibase formatted sql

--changeset maria:orders
--comment: Orders
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now()
);
--rollback DROP TABLE orders;

--changeset maria:orders-total splitStatements:false
ALTER TABLE orders ADD COLUMN total numeric(12, 2) NOT NULL DEFAULT 0;
CREATE FUNCTION orders_total() RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT sum(total) FROM orders);
END;
$$;
--rollback DROP FUNCTION orders_total();
--rollback ALTER TABLE orders DROP COLUMN total;

--changeset jan:orders-by-customer runInTransaction:false
CREATE INDEX CONCURRENTLY orders_customer_idx ON orders (customer);
--rollback DROP INDEX CONCURRENTLY orders_customer_idx;
