"""Alone outside

Revision ID: aaa100000005
Revises: aaa100000004
Create Date: 2025-03-13 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'aaa100000005'
down_revision = 'aaa100000004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TYPE mood AS ENUM ('sad')")
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE mood ADD VALUE 'happy'")
    op.execute("CREATE TABLE feeling (mood mood DEFAULT 'happy')")


def downgrade() -> None:
    op.drop_table("feeling")
    op.execute("DROP TYPE mood")
