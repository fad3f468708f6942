// The schema builder that every module is given, with what Tidings adds to a field: on whom and on what its value depends.
import SchemaBuilder, {
  BasePlugin,
  type InterfaceRef,
  type ObjectRef,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import complexityPlugin from '@pothos/plugin-complexity';
import type { GraphQLFieldResolver } from 'graphql';
import type { Context } from './context.ts';
import type { RateKind } from '../config.ts';
import { costOfField } from './field-cost.ts';

/** How a field's value may differ between two members of one audience. */
export interface FieldTraits {
  /** The value depends on who asks: a selection with such a field is executed for each viewer. */
  readonly perViewer?: boolean;
  /** The value is loaded when the event is delivered, for each viewer: the one exception to "an event is complete". */
  readonly atDelivery?: boolean;
  /** Asking for it counts as this, for whoever asks: too often is RATE_LIMITED. A mutation that names none counts as a message. */
  readonly rate?: RateKind;
}

declare global {
  // Pothos is extended by merging into its global namespace.

  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      tidings: FieldTraitsPlugin<Types>;
    }

    export interface FieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends import('@pothos/core').TypeParam<Types>,
      Nullable extends import('@pothos/core').FieldNullability<Type>,
      Args extends import('@pothos/core').InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > extends FieldTraits {}
  }
}

/** Where the traits stand in the built schema: `field.extensions.tidings`. */
export const traitsExtension = 'tidings';

class FieldTraitsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(fieldConfig: PothosOutputFieldConfig<Types>) {
    const { perViewer = false, atDelivery = false } = fieldConfig.pothosOptions as FieldTraits;
    if (!perViewer && !atDelivery) return fieldConfig;
    const traits: FieldTraits = { perViewer, atDelivery };
    return { ...fieldConfig, extensions: { ...fieldConfig.extensions, [traitsExtension]: traits } };
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { pothosOptions, name: field, kind: parent }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const kind = (pothosOptions as FieldTraits).rate ?? (parent === 'Mutation' ? 'message' : undefined);
    if (kind === undefined) return resolver;
    return (root, args, context, info) => {
      const { runtime, viewer } = context as unknown as Context;
      const asked = runtime.limits.take(viewer, { kind, field });
      return asked === null
        ? resolver(root, args, context, info)
        : asked.then(() => resolver(root, args, context, info));
    };
  }
}

const pluginName = 'tidings';
SchemaBuilder.registerPlugin(pluginName, FieldTraitsPlugin);

export interface TidingsTypes {
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    Cursor: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date | string };
    JSON: { Input: unknown; Output: unknown };
  };
}

export type Types = PothosSchemaTypes.ExtendDefaultTypes<TidingsTypes>;
export type Builder = PothosSchemaTypes.SchemaBuilder<Types>;

/** Names a type of the schema for other modules; the module that owns it defines its fields. */
export const objectRef = <T>(name: string) => named(name) as ObjectRef<Types, T>;
export const interfaceRef = <T>(name: string) => named(name) as InterfaceRef<Types, T>;

/**
 * Only a name, which each builder takes for a type of its own: a real reference would keep the fields of the first schema
 * that is built, and be of no use to the second.
 */
const named = (name: string): unknown => ({ name });

export const createBuilder = (): Builder =>
  new SchemaBuilder<TidingsTypes>({
    plugins: [pluginName, complexityPlugin],
    defaultFieldNullability: false,
    // Only noted at the fields: the transports add it up, before anything is carried out.
    complexity: { disabled: true, fieldComplexity: (args, _context, field) => costOfField(args, field) },
  });
