// Who may do what with orders.
import { isStaff, requireScope, requireStaff, type Viewer } from '../../auth/viewer.ts';
import type { AuthorizationClass } from '../../schema/event-stream.ts';

/** The order's customer, and staff. null: it does not exist for this viewer. */
export function mayFollowOrder(
  viewer: Viewer,
  order: { readonly customerId: string },
): AuthorizationClass | null {
  if (order.customerId === viewer.id) return 'customer';
  return isStaff(viewer) ? 'staff' : null;
}

/** Everybody their own; staff anyone's. */
export function requireMayListOrders(viewer: Viewer, customerId: string): void {
  if (customerId !== viewer.id) requireStaff(viewer);
}

export const requireMayPublishOrders = (viewer: Viewer): void => requireScope(viewer, 'orders:publish');
