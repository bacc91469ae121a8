/** The beginning of a message that a notification cannot show whole. */

/** JupyterLab shows no more of a notification. */
export const LONGEST = 140;

/** As many whole words as are shown. */
export function shortened(message: string): string {
  const beginning = message.slice(0, LONGEST - 1);
  return `${beginning.slice(0, Math.max(beginning.lastIndexOf(' '), LONGEST / 2))}…`;
}
