/** Linux only: a listening port that a successor may open beside us, and which of the two gets the new connections. */
import { dlopen, ptr } from "bun:ffi";
import { existsSync, readFileSync } from "node:fs";
import { openFiles } from "./open-files.ts";

/** A socket that listens. */
export interface Listener {
	/** As /proc writes it, in hexadecimal; the same for all sockets that share a port. */
	readonly address: string;
	readonly inode: string;
}

/** Of asm-generic/socket.h, the same on x64 and arm64. */
const sol_socket = 1;
const so_reuseport = 15;
const so_attach_reuseport_cbpf = 51;
/** Of bits/socket.h, where `sockaddr_storage` has this size. */
const af_inet = 2;
const af_inet6 = 10;
const socket_address_bytes = 128;
/** Of linux/bpf_common.h: return a constant. */
const bpf_return_constant = 0x06;
const bpf_instruction_bytes = 8;
const bpf_program_bytes = 16;
/** State 0A of /proc/net/tcp. */
const listening = "0A";

/** True where ports can be shared and steered. */
export const canSharePorts = process.platform === "linux";

/**
 * The sockets that listen on `port`, in the text of /proc/net/tcp or tcp6 (proc(5)).
 * @param port 1 to 65535
 */
export function listenersIn(text: string, port: number): readonly Listener[] {
	return text
		.split("\n")
		.slice(1)
		.flatMap((line) => {
			const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
			const [address = "", hex = ""] = local.split(":");
			return state === listening && Number.parseInt(hex, 16) === port && inode !== undefined
				? [{ address, inode }]
				: [];
		});
}

/** Every socket of this machine (or container) that listens on `port`, whosever it is. */
export function listenersOn(port: number): readonly Listener[] {
	return ["/proc/self/net/tcp", "/proc/self/net/tcp6"]
		.filter((file) => existsSync(file))
		.flatMap((file) => listenersIn(readFileSync(file, "utf8"), port));
}

/** Those of them that a process has open. */
export function listenersOf(pid: number | "self", port: number): readonly (Listener & { readonly fd: number })[] {
	const files = openFiles(pid);
	return listenersOn(port).flatMap((one) => {
		const fd = files.get(`socket:[${one.inode}]`);
		return fd === undefined ? [] : [{ ...one, fd }];
	});
}

/**
 * Lets a program of the same user that asks for it (SO_REUSEPORT) open our port beside us. One that does not ask is refused
 * as before, and so were all when we opened it: that is why this comes after the port is open and not with it.
 * @returns false where the system does not allow it; the port then stays ours alone
 */
export function allowSuccessor(port: number): boolean {
	try {
		const mine = canSharePorts ? socketsOn(port) : [];
		for (const fd of mine) setOption(fd, so_reuseport, Int32Array.of(1));
		return mine.length > 0;
	} catch {
		return false;
	}
}

/**
 * Gives all new connections of the sockets that share one address to the one at `index`, in the order in which they began to
 * listen; an index that there is not leaves it to chance. Connections that are established stay where they are.
 * @throws Error where the system does not allow it
 */
export function steer(fd: number, index: number): void {
	const instruction = new DataView(new ArrayBuffer(bpf_instruction_bytes));
	instruction.setUint16(0, bpf_return_constant, true);
	instruction.setUint32(4, index, true);
	const program = new DataView(new ArrayBuffer(bpf_program_bytes));
	program.setUint16(0, 1, true);
	program.setBigUint64(8, BigInt(ptr(instruction)), true);
	setOption(fd, so_attach_reuseport_cbpf, program);
}

/** Our own sockets with this local port. The system's tables would say it too, at 10 ms for reading one: too long for every start. */
function socketsOn(port: number): readonly number[] {
	const sockets = [...openFiles("self")].filter(([target]) => target.startsWith("socket:"));
	return sockets.map(([, fd]) => fd).filter((fd) => localPort(fd) === port);
}

/** Undefined where the socket is none of the Internet's. */
function localPort(fd: number): number | undefined {
	const address = new DataView(new ArrayBuffer(socket_address_bytes));
	const length = Int32Array.of(socket_address_bytes);
	if (systemLibrary().symbols.getsockname(fd, ptr(address), ptr(length)) !== 0) return undefined;
	// The family in the machine's order, the port in the network's; both for IPv4 and IPv6.
	const family = address.getUint16(0, true);
	return family === af_inet || family === af_inet6 ? address.getUint16(2) : undefined;
}

function setOption(fd: number, option: number, value: DataView | Int32Array): void {
	const result = systemLibrary().symbols.setsockopt(fd, sol_socket, option, ptr(value), value.byteLength);
	if (result !== 0) throw new Error(`the system refused socket option ${option}`);
}

/** glibc's name, then musl's. */
const libraryNames = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, "libc.so"];

let library: ReturnType<typeof openLibrary> | undefined;

function systemLibrary(): ReturnType<typeof openLibrary> {
	library ??= openLibrary();
	return library;
}

function openLibrary() {
	const symbols = {
		setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
		getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
	} as const;
	let last: unknown;
	for (const name of libraryNames) {
		try {
			return dlopen(name, symbols);
		} catch (error) {
			last = error;
		}
	}
	throw new Error("the system's C library was not found", { cause: last });
}
