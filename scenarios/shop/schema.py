"""The storefront's tables, and what is in them on the first day."""

import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS products (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL, stock INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS coupons (
    code TEXT PRIMARY KEY,
    percent INTEGER NOT NULL,            -- off the price of every piece
    off_each_cents INTEGER NOT NULL,     -- off every piece of a line of from_quantity pieces or more
    from_quantity INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    salt BLOB NOT NULL, password BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS logins (token TEXT PRIMARY KEY, customer_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS cart_items (
    customer_id INTEGER NOT NULL, product_id INTEGER NOT NULL, quantity INTEGER NOT NULL,
    PRIMARY KEY (customer_id, product_id)
);
CREATE TABLE IF NOT EXISTS cart_coupons (customer_id INTEGER PRIMARY KEY, code TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER NOT NULL,
    status TEXT NOT NULL,                -- pending, paid, refunding or cancelled
    total_cents INTEGER NOT NULL, coupon TEXT, opened_at REAL NOT NULL,
    payment_key TEXT NOT NULL, charge_id TEXT
);
CREATE INDEX IF NOT EXISTS orders_by_status ON orders (status);
CREATE INDEX IF NOT EXISTS orders_by_customer ON orders (customer_id);
CREATE TABLE IF NOT EXISTS order_lines (
    order_id INTEGER NOT NULL, product_id INTEGER NOT NULL, quantity INTEGER NOT NULL,
    PRIMARY KEY (order_id, product_id)
);
"""

# name, price in cents, stock
_PRODUCTS = (
    ("Postcard, lighthouse", 120, 5000),
    ("Sticker sheet", 190, 5000),
    ("Pencil, hexagonal", 90, 5000),
    ("Enamel pin, wave", 350, 5000),
    ("Tea towel", 990, 5000),
    ("Notebook, dotted A5", 850, 5000),
    ("Mug, blue", 1290, 5000),
    ("Poster, tide chart", 1900, 5000),
    ("Canvas bag", 1490, 5000),
    ("Umbrella, folding", 2900, 5000),
    ("Wool socks", 1650, 5000),
    ("Candle, beeswax", 1150, 5000),
    ("Desk lamp", 5900, 5000),
    ("Rain jacket", 11900, 5000),
    ("Puzzle, 1000 pieces", 2450, 5000),
    ("Barometer, brass", 18900, 1),
    ("Sea chart, first printing", 24500, 1),
    ("Ship's bell, display piece", 15900, 1),
    ("Storm lantern, pair", 7900, 2),
)

# code, per cent, cents off each piece, from how many pieces
_COUPONS = (
    ("WELCOME10", 10, 0, 1),
    ("TENPLUS", 0, 400, 10),
)

_FIRST_CUSTOMER, _FIRST_ORDER = 40_001, 700_001


def fill(db: sqlite3.Connection) -> None:
    """Puts the catalogue and the coupons into an empty shop; one that has products is left as it is."""
    if db.execute("SELECT 1 FROM products").fetchone():
        return
    db.executemany("INSERT INTO products (name, price_cents, stock) VALUES (?, ?, ?)", _PRODUCTS)
    db.executemany("INSERT INTO coupons VALUES (?, ?, ?, ?)", _COUPONS)
    for table, first in (("customers", _FIRST_CUSTOMER), ("orders", _FIRST_ORDER)):
        if not db.execute("SELECT 1 FROM sqlite_sequence WHERE name = ?", (table,)).fetchone():
            db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, first - 1))
