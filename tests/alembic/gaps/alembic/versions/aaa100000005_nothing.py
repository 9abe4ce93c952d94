"""Nothing offline

Revision ID: aaa100000005
Revises: aaa100000004
Create Date: 2025-03-14 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'aaa100000005'
down_revision = 'aaa100000004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    from alembic import context
    if not context.is_offline_mode(): op.execute("CREATE TABLE only_online ()")


def downgrade() -> None:
    pass
