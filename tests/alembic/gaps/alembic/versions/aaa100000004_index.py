"""Index outside

Revision ID: aaa100000004
Revises: aaa100000003
Create Date: 2025-03-13 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'aaa100000004'
down_revision = 'aaa100000003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    with op.get_context().autocommit_block():
        op.create_index("users_email", "users", ["email"], postgresql_concurrently=True)
        op.execute("ANALYZE users")
    op.execute("COMMENT ON TABLE users IS 'tab	here'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("users_email", postgresql_concurrently=True, table_name="users")
    op.drop_column("users", "email")
