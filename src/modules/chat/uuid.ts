// Conversations and messages are named by UUIDs in their one canonical spelling: any other id simply isn't found. (The
// database would take upper case as well, and a topic spelled with it would be another, silent stream.)

const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (id: string): boolean => canonical.test(id);
