// What the planner adds to Tidings.
import { karmaModule } from './karma.ts';
import { rewardsModule } from './rewards.ts';
import { tasksModule } from './tasks.ts';

export const plannerModules = [tasksModule, karmaModule, rewardsModule];
