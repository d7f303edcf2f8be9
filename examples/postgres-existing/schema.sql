-- A shop's database as it was before anybody had heard of Basalt: serial keys, a key of two columns,
-- a key that is not called id, timestamps without zone, an enum, a view, a column that is computed.
CREATE TYPE order_state AS ENUM ('open', 'paid', 'shipped');

CREATE TABLE customers (
  customer_no serial PRIMARY KEY,
  email       varchar(200) NOT NULL UNIQUE,
  full_name   varchar(100) NOT NULL,
  created_at  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE products (
  sku   text PRIMARY KEY,
  title text NOT NULL,
  price numeric(10, 2) NOT NULL CHECK (price >= 0)
);

CREATE TABLE orders (
  id        bigserial PRIMARY KEY,
  customer  integer NOT NULL REFERENCES customers,
  state     order_state NOT NULL DEFAULT 'open',
  placed_at timestamp NOT NULL DEFAULT now()
);

CREATE TABLE order_lines (
  order_id   bigint REFERENCES orders ON DELETE CASCADE,
  line_no    smallint,
  sku        text NOT NULL REFERENCES products,
  quantity   integer NOT NULL DEFAULT 1 CHECK (quantity > 0),
  unit_price numeric(10, 2) NOT NULL,
  amount     numeric(12, 2) GENERATED ALWAYS AS (quantity * unit_price) STORED,
  PRIMARY KEY (order_id, line_no)
);

CREATE VIEW best_sellers AS
  SELECT p.sku AS id, p.title, sum(l.quantity) AS sold FROM order_lines l JOIN products p USING (sku) GROUP BY p.sku, p.title;

INSERT INTO customers (email, full_name) VALUES ('ada@example.com', 'Ada'), ('bob@example.com', 'Bob');
INSERT INTO products VALUES ('tea', 'Green tea', 4.50), ('cup', 'A cup', 12);
INSERT INTO orders (customer, state) VALUES (1, 'paid'), (2, 'open');
INSERT INTO order_lines (order_id, line_no, sku, quantity, unit_price) VALUES (1, 1, 'tea', 3, 4.50), (1, 2, 'cup', 1, 12), (2, 1, 'tea', 1, 4.50);
