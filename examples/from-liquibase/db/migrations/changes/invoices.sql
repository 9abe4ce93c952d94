--liquibase formatted sql

--changeset jan:invoices
--comment: One invoice for each order
CREATE TABLE invoice (
    order_id bigint PRIMARY KEY REFERENCES orders,
    number text NOT NULL UNIQUE
);
--rollback DROP TABLE invoice;
