\set schema shelf
