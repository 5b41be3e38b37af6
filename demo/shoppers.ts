/** Shoppers: each looks at the products and mostly buys one. They send no telemetry, so traces begin at the shop. */

/** A second, at a pace of 1. */
const SHOPPERS_PER_SECOND = 2;
const BUYERS_PERCENT = 70;
const PRODUCTS = ['kettle', 'teapot', 'cup', 'whisk', 'matcha'];
/** A shopper waits no longer. */
const PATIENCE_MS = 10_000;

async function visit(shop: string): Promise<void> {
  const patience = () => AbortSignal.timeout(PATIENCE_MS);
  await (await fetch(`${shop}/products`, { signal: patience() })).arrayBuffer();
  if (Math.random() * 100 >= BUYERS_PERCENT) return;
  const basket = {
    product: PRODUCTS[Math.floor(Math.random() * PRODUCTS.length)],
    quantity: 1 + Math.floor(Math.random() * 3),
  };
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(basket), signal: patience() };
  await (await fetch(`${shop}/buy`, request)).arrayBuffer();
}

/** Sends shoppers at random moments, `pace` times as many, to the base URL `shop` until `signal` is aborted. */
export function sendShoppers(shop: string, pace: number, signal: AbortSignal): void {
  const next = () => {
    if (signal.aborted) return;
    // Intervals of independent arrivals are distributed exponentially.
    const delayMs = (-Math.log(1 - Math.random()) * 1000) / (SHOPPERS_PER_SECOND * pace);
    setTimeout(next, delayMs);
    // A shop that is away is told of by whoever watches its processes.
    visit(shop).catch(() => {});
  };
  next();
}
