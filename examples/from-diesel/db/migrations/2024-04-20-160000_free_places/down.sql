DROP FUNCTION free_places(bigint);
