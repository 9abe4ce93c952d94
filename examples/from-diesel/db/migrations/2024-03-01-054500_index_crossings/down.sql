DROP INDEX CONCURRENTLY crossings_ferry_leaves;
