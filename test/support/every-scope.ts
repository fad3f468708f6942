/** Of the built-in modules: whoever has them all may publish, manage and act as others. */
export const everyScope = [
  'orders:publish',
  'bookings:publish',
  'inventory:publish',
  'announcements:publish',
  'notifications:send',
  'rooms:manage',
  'rooms:publish',
  'users:write',
  'users:erase',
  'sessions:revoke',
  'chat:write',
];
