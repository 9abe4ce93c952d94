CREATE INDEX CONCURRENTLY booking_account_idx ON booking (account);
