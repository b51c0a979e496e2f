"""Which tables does the ERP's database declare? Foreign keys on some columns only."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    role TEXT,
    active INTEGER NOT NULL DEFAULT 1,
    left_on TEXT
);
CREATE TABLE companies (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES companies (id),
    ico TEXT,
    dic TEXT,
    name TEXT,
    street TEXT,
    city TEXT,
    zip TEXT,
    country TEXT,
    phone TEXT,
    email TEXT,
    web TEXT,
    segment TEXT,
    owner_id INTEGER,
    created TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE contacts (
    id INTEGER PRIMARY KEY,
    first_name TEXT,
    last_name TEXT,
    company_id INTEGER REFERENCES companies (id),
    email TEXT,
    phone TEXT,
    mobile TEXT,
    newsletter_consent INTEGER,
    do_not_call INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL
);
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    price NUMERIC NOT NULL,
    currency TEXT NOT NULL,
    vat NUMERIC NOT NULL
);
CREATE TABLE deals (
    id INTEGER PRIMARY KEY,
    company_id INTEGER,
    contact_id INTEGER,
    title TEXT NOT NULL,
    amount NUMERIC,
    currency TEXT,
    stage TEXT,
    owner_id INTEGER,
    created TEXT NOT NULL,
    close_date TEXT,
    result TEXT
);
CREATE TABLE line_items (
    id INTEGER PRIMARY KEY,
    deal_id INTEGER REFERENCES deals (id),
    product_id INTEGER REFERENCES products (id),
    quantity NUMERIC NOT NULL,
    unit_price NUMERIC NOT NULL,
    discount NUMERIC NOT NULL DEFAULT 0
);
CREATE TABLE activities (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    parent_type TEXT NOT NULL,
    parent_id INTEGER NOT NULL,
    subject TEXT,
    body TEXT,
    due TEXT,
    done INTEGER NOT NULL DEFAULT 0,
    owner_id INTEGER
);
CREATE TABLE notes (
    id INTEGER PRIMARY KEY,
    parent_type TEXT NOT NULL,
    parent_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    author_id INTEGER REFERENCES users (id),
    created TEXT NOT NULL
);
"""
