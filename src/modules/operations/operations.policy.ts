// Who may see figures: staff those of their workspace, operators those of the whole server.
import { requireOperator, requireStaff, type Viewer } from '../../auth/viewer.ts';

export const requireMaySeeWorkspace = (viewer: Viewer): void => requireStaff(viewer);
export const requireMaySeeServer = (viewer: Viewer): void => requireOperator(viewer);
