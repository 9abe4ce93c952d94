"""Schema two

Revision ID: 2
Revises: 1
Create Date: 2025-03-11 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = '2'
down_revision = '1'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("b", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50), server_default="x%y", nullable=False))
    op.execute("GRANT SELECT ON b TO PUBLIC;")


def downgrade() -> None:
    op.drop_table("b")
