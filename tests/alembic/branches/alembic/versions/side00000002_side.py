"""Side two depends

Revision ID: side00000002
Revises: side00000001
Create Date: 2025-03-15 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'side00000002'
down_revision = 'side00000001'
branch_labels = None
depends_on = 'shop'


def upgrade() -> None:
    op.execute("ALTER TABLE s ADD COLUMN a_id int")


def downgrade() -> None:
    op.execute("ALTER TABLE s DROP COLUMN a_id")
