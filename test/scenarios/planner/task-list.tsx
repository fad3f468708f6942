// A page's component, typed from the planner's table to its hooks: what is open, and live from its cursor on.
import { useTaskChangedSubscription, useTasksQuery } from './generated/hooks.ts';

export function TaskList() {
  const [{ data }, refetch] = useTasksQuery();
  const after = data?.tasks.cursor;
  useTaskChangedSubscription({ variables: { after }, pause: after === undefined }, (_previous, event) => {
    refetch({ requestPolicy: 'network-only' });
    return event;
  });
  return (
    <ul>
      {data?.tasks.nodes.map(({ id, title, assigneeId }) => (
        <li key={id}>
          {title}: {assigneeId}
        </li>
      ))}
    </ul>
  );
}
