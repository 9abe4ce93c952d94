--! name = "customer_total"

--! apply
CREATE OR REPLACE VIEW customer_total AS
SELECT customer, sum(amount) AS total FROM orders GROUP BY customer;
