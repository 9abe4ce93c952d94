"""Top

Revision ID: top000000001
Revises: merg00000001
Create Date: 2025-03-16 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'top000000001'
down_revision = 'merg00000001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50), server_default="x%y", nullable=False))


def downgrade() -> None:
    op.drop_table("t")
