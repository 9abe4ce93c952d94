-- DropIndex
DROP INDEX CONCURRENTLY "Order_customerId_idx";
