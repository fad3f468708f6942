// Who may do what with bookings.
import { isStaff, requireScope, requireStaff, type Viewer } from '../../auth/viewer.ts';
import type { AuthorizationClass } from '../../schema/event-stream.ts';

/** The booking's customer, and staff. null: it does not exist for this viewer. */
export function mayFollowBooking(
  viewer: Viewer,
  booking: { readonly customerId: string },
): AuthorizationClass | null {
  if (booking.customerId === viewer.id) return 'customer';
  return isStaff(viewer) ? 'staff' : null;
}

/** Everybody their own; staff anyone's. */
export function requireMayListBookings(viewer: Viewer, customerId: string): void {
  if (customerId !== viewer.id) requireStaff(viewer);
}

export const requireMayPublishBookings = (viewer: Viewer): void => requireScope(viewer, 'bookings:publish');
