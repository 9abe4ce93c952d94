"""Left

Revision ID: left00000001
Revises: base00000001
Create Date: 2025-03-11 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'left00000001'
down_revision = 'base00000001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("l", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50), server_default="x%y", nullable=False))


def downgrade() -> None:
    op.drop_table("l")
