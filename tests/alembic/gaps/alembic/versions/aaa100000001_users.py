"""Users table

Revision ID: aaa100000001
Revises: 
Create Date: 2025-03-10 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'aaa100000001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50), server_default="x%y", nullable=False))


def downgrade() -> None:
    op.drop_table("users")
