/** "Bob Okafor" is Bob among friends. */
export const firstNameOf = ({ name }: { readonly name: string }): string => name.split(' ')[0] ?? name;

/** "Bob", "Bob and Carol", "Bob, Carol and Dan" */
export const listOf = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
