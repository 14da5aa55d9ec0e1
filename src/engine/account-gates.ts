/** Gates: an account's lanes stay shut from the start until its broker and the journal agree, or until that took too long. */

interface Gate {
	state: "shut" | "passable";
	readonly passable: PromiseWithResolvers<void>;
	readonly open: PromiseWithResolvers<void>;
}

/** One gate for each account that was shut; an account without one is open. */
export class AccountGates {
	readonly #gates = new Map<string, Gate>();

	shut(account: string): void {
		this.#gates.set(account, {
			state: "shut",
			passable: Promise.withResolvers<void>(),
			open: Promise.withResolvers<void>(),
		});
	}

	/** What waits to be refused goes on; what may close something still waits for {@link AccountGates.open}. */
	letPass(account: string): void {
		const gate = this.#gates.get(account);
		if (gate === undefined) return;
		gate.state = "passable";
		gate.passable.resolve();
	}

	open(account: string): void {
		const gate = this.#gates.get(account);
		this.#gates.delete(account);
		gate?.passable.resolve();
		gate?.open.resolve();
	}

	isOpen(account: string): boolean {
		return !this.#gates.has(account);
	}

	/**
	 * Undefined where work may begin at once, otherwise what it waits for.
	 * @param closes true for work that may close something: it is never refused for a broker that is away, it waits
	 */
	wait(account: string, closes: boolean): Promise<void> | undefined {
		const gate = this.#gates.get(account);
		if (gate === undefined) return undefined;
		if (closes) return gate.open.promise;
		return gate.state === "shut" ? gate.passable.promise : undefined;
	}
}
