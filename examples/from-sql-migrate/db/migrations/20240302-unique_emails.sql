-- +migrate Up notransaction
CREATE UNIQUE INDEX CONCURRENTLY members_email ON members (email);

-- +migrate Down notransaction
DROP INDEX CONCURRENTLY members_email;
