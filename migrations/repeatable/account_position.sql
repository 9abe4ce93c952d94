--! # Compiled by signoff. It runs again whenever its text changes, after all revisions.
--! name = "account_position"

--! apply

CREATE OR REPLACE VIEW account_position AS
SELECT a.id AS account_id,
       a.cardholder_id,
       a.currency,
       a.credit_limit_minor,
       coalesce(sum(e.amount_minor), 0)::bigint AS settled_minor,
       (a.credit_limit_minor - coalesce(sum(e.amount_minor), 0))::bigint AS available_minor
  FROM account a
  LEFT JOIN settlement_entry e ON e.account_id = a.id AND e.currency = a.currency
 WHERE a.closed_at IS NULL
 GROUP BY a.id;

COMMENT ON VIEW account_position IS 'What each open account owes and may still spend, settled entries only.';
