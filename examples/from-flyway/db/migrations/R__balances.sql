CREATE OR REPLACE VIEW balance AS
SELECT account, sum(amount) AS amount
  FROM booking
 GROUP BY account;
