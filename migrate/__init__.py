"""crm-migrate: from legacy spreadsheets and databases to a CRM, in stages, with proof."""

__version__ = "0.1.0"
