DROP INDEX CONCURRENTLY booking_account_idx;
