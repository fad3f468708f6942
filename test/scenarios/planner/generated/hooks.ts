import * as Operations from './documents.ts';
import * as Urql from 'urql';
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;


export function useTasksQuery(options?: Omit<Urql.UseQueryArgs<Operations.TasksQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.TasksQuery, Operations.TasksQueryVariables>({ query: Operations.TasksDocument, ...options });
};

export function useTaskChangedSubscription<TData = Operations.TaskChangedSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.TaskChangedSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.TaskChangedSubscription, TData>) {
  return Urql.useSubscription<Operations.TaskChangedSubscription, TData, Operations.TaskChangedSubscriptionVariables>({ query: Operations.TaskChangedDocument, ...options }, handler);
};

export function useCreateTaskMutation() {
  return Urql.useMutation<Operations.CreateTaskMutation, Operations.CreateTaskMutationVariables>(Operations.CreateTaskDocument);
};

export function useAssignTaskMutation() {
  return Urql.useMutation<Operations.AssignTaskMutation, Operations.AssignTaskMutationVariables>(Operations.AssignTaskDocument);
};

export function useCompleteTaskMutation() {
  return Urql.useMutation<Operations.CompleteTaskMutation, Operations.CompleteTaskMutationVariables>(Operations.CompleteTaskDocument);
};

export function useDeleteTaskMutation() {
  return Urql.useMutation<Operations.DeleteTaskMutation, Operations.DeleteTaskMutationVariables>(Operations.DeleteTaskDocument);
};

export function useKarmaQuery(options?: Omit<Urql.UseQueryArgs<Operations.KarmaQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.KarmaQuery, Operations.KarmaQueryVariables>({ query: Operations.KarmaDocument, ...options });
};

export function useKarmaChangedSubscription<TData = Operations.KarmaChangedSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.KarmaChangedSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.KarmaChangedSubscription, TData>) {
  return Urql.useSubscription<Operations.KarmaChangedSubscription, TData, Operations.KarmaChangedSubscriptionVariables>({ query: Operations.KarmaChangedDocument, ...options }, handler);
};

export function usePublishKarmaMutation() {
  return Urql.useMutation<Operations.PublishKarmaMutation, Operations.PublishKarmaMutationVariables>(Operations.PublishKarmaDocument);
};

export function useRewardsQuery(options?: Omit<Urql.UseQueryArgs<Operations.RewardsQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.RewardsQuery, Operations.RewardsQueryVariables>({ query: Operations.RewardsDocument, ...options });
};

export function useRewardChangedSubscription<TData = Operations.RewardChangedSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.RewardChangedSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.RewardChangedSubscription, TData>) {
  return Urql.useSubscription<Operations.RewardChangedSubscription, TData, Operations.RewardChangedSubscriptionVariables>({ query: Operations.RewardChangedDocument, ...options }, handler);
};

export function useClaimRewardMutation() {
  return Urql.useMutation<Operations.ClaimRewardMutation, Operations.ClaimRewardMutationVariables>(Operations.ClaimRewardDocument);
};

export function useDecideRewardMutation() {
  return Urql.useMutation<Operations.DecideRewardMutation, Operations.DecideRewardMutationVariables>(Operations.DecideRewardDocument);
};