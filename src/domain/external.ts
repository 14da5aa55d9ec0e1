/** EXTERNAL: the name under which the journal keeps what an account has at its exchange and no strategy asked for. */

/** In place of a strategy's name; no strategy may be called so. */
export const external = "EXTERNAL";
