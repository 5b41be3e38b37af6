/** The database of checkout: real statements on a real database, in memory, that Node brings along. */

import { DatabaseSync } from 'node:sqlite';

export interface Orders {
  /** The texts of the statements, for spans. */
  readonly priceText: string;
  readonly addText: string;
  readonly endText: string;
  price(product: string): number | undefined;
  add(id: string, product: string, quantity: number): void;
  end(id: string, state: string): void;
}

const SCHEMA = `
  CREATE TABLE products (id TEXT PRIMARY KEY, price REAL NOT NULL);
  INSERT INTO products VALUES ('kettle', 39.9), ('teapot', 64), ('cup', 8.5), ('whisk', 17.25), ('matcha', 29);
  CREATE TABLE orders (id TEXT PRIMARY KEY, product TEXT NOT NULL, quantity INTEGER NOT NULL, state TEXT NOT NULL);
`;

export function openOrders(): Orders {
  const database = new DatabaseSync(':memory:');
  database.exec(SCHEMA);
  const priceText = 'SELECT price FROM products WHERE id = ?';
  const addText = "INSERT INTO orders VALUES (?, ?, ?, 'open')";
  const endText = 'UPDATE orders SET state = ? WHERE id = ?';
  const price = database.prepare(priceText);
  const add = database.prepare(addText);
  const end = database.prepare(endText);
  return {
    priceText,
    addText,
    endText,
    price: (product) => price.get(product)?.price as number | undefined,
    add: (id, product, quantity) => {
      add.run(id, product, quantity);
    },
    end: (id, state) => {
      end.run(state, id);
    },
  };
}
