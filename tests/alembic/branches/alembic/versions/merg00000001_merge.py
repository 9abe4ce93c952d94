"""Merge

Revision ID: merg00000001
Revises: ('left00000001', 'rigt00000001')
Create Date: 2025-03-13 10:11:12.345678

"""
from alembic import op
import sqlalchemy as sa

revision = 'merg00000001'
down_revision = ('left00000001', 'rigt00000001')
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
