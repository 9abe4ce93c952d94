"""Reads the database

Revision ID: aaa100000003
Revises: aaa100000002
Create Date: 2025-03-12 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'aaa100000003'
down_revision = 'aaa100000002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    rows = op.get_bind().execute(sa.text("SELECT id FROM users")).fetchall()
    for r in rows: op.execute(f"UPDATE users SET name = 'n{r[0]}' WHERE id = {r[0]}")


def downgrade() -> None:
    raise NotImplementedError("no way back")
