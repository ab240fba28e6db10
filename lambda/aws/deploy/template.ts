/** Templates of CloudFormation, as far as they are needed here. */

/** A text, or one that CloudFormation makes. */
export type Text =
  | string
  | { readonly 'Fn::Sub': string }
  | { readonly Ref: string }
  | { readonly 'Fn::GetAtt': readonly [string, string] }

export type Value = Text | number | boolean | readonly Value[] | { readonly [name: string]: Value }

export interface Resource {
  readonly Type: string
  readonly DependsOn?: readonly string[]
  readonly DeletionPolicy?: 'Delete' | 'Retain'
  readonly UpdateReplacePolicy?: 'Delete' | 'Retain'
  readonly Properties: { readonly [name: string]: Value }
}

export interface Template {
  readonly AWSTemplateFormatVersion: '2010-09-09'
  readonly Description: string
  readonly Metadata: { readonly [name: string]: Value }
  readonly Resources: { readonly [logicalId: string]: Resource }
  readonly Outputs: {
    readonly [name: string]: { readonly Description: string; readonly Value: Text }
  }
}

export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: Text | readonly Text[]
  readonly Principal?: Value
  readonly Condition?: { readonly [operator: string]: { readonly [key: string]: string | readonly string[] } }
}

export const sub = (text: string): Text => ({ 'Fn::Sub': text })

/** With statements in the form that IAM takes. */
export function policy(statements: readonly Statement[]): Value {
  return { Version: '2012-10-17', Statement: statements as unknown as readonly Value[] }
}

export const templateText = (template: Template): string => `${JSON.stringify(template, null, 2)}\n`

/** In texts of `Fn::Sub`: what CloudFormation puts there, so that a template is the same for all accounts and regions. */
export const ACCOUNT = variable('AWS::AccountId')
export const REGION = variable('AWS::Region')
export const PARTITION = variable('AWS::Partition')

export function variable(name: string): string {
  return `\${${name}}`
}

/** In `Fn::Sub` a dollar before a brace begins a variable. */
export const literal = (text: string): string => text.replaceAll(/\$\{/g, '$&!')
