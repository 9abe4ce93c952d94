--! name  = "a_rank"
--! after = ["customer_total"]

--! apply
CREATE OR REPLACE VIEW customer_rank AS
SELECT customer, rank() OVER (ORDER BY total DESC) AS place FROM customer_total;
