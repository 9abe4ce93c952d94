"""Right

Revision ID: rigt00000001
Revises: base00000001
Create Date: 2025-03-12 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'rigt00000001'
down_revision = 'base00000001'
branch_labels = None
depends_on = 'side00000001'


def upgrade() -> None:
    op.create_table("r", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50), server_default="x%y", nullable=False))
    op.execute("INSERT INTO r (id, name) SELECT id, name FROM s")


def downgrade() -> None:
    op.drop_table("r")
