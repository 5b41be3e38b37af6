/** Who sent a request, as far as that is known: for whoever is to find the sender and put it right. */

export interface Sender {
  /** The address at the other end of the connection. */
  readonly peer?: string | undefined;
  readonly contentType?: string | undefined;
  /** A header of the request by its lower-case name. */
  header(name: string): string | undefined;
}

/** What is kept of a sender: short texts of its own. */
export interface SenderNote {
  /** '' where it is not known. */
  readonly peer: string;
  readonly agent: string;
}

/** The longest user agent that says something more. */
const AGENT_MAX_CHARS = 120;

export function senderNote(from: Sender | undefined): SenderNote {
  return {
    peer: clipped(from?.peer ?? '', AGENT_MAX_CHARS),
    agent: clipped(from?.header('user-agent') ?? '', AGENT_MAX_CHARS),
  };
}

/** At most `max` characters, as a string of its own: a slice would keep the whole request's text in memory. */
export function clipped(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${Array.from(text.slice(0, max - 1)).join('')}…`;
}
