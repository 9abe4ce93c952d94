"""Data and bodies

Revision ID: aaa100000002
Revises: aaa100000001
Create Date: 2025-03-11 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'aaa100000002'
down_revision = 'aaa100000001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.bulk_insert(sa.table("users", sa.column("id", sa.Integer), sa.column("name", sa.String)), [{"id":1,"name":"it's 100% :name \\ back"},{"id":2,"name":'"q" $$'}])
    op.execute("INSERT INTO users (id, name) VALUES (3, 'raw 5% \\:x'), (4, E'a\\\\tb');")
    op.execute("""CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$
    BEGIN
      -- Running upgrade aaa -> bbb
      RETURN '100%' || E'\\n--! upgrade';
    END
    $body$;""")
    op.execute("""
    --! upgrade
    UPDATE users SET name = name || '
    --! downgrade
    ' WHERE id = 3 -- last""")
    op.execute("SELECT 1; SELECT 2;")


def downgrade() -> None:
    op.execute("DROP FUNCTION f()")
    op.execute("DELETE FROM users")
