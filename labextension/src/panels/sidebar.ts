/** The sidebar: sections that fold, and room for one view that covers them all. */
import type { ITranslator } from '@jupyterlab/translation';
import { AccordionToolbar, PanelWithToolbar, SidePanel } from '@jupyterlab/ui-components';
import { Signal, type ISignal } from '@lumino/signaling';
import { AccordionPanel, type PanelLayout, type Widget } from '@lumino/widgets';

import { cellmillIcon } from './frame/icons';

/** What Lumino tells a widget; its own package is not among our dependencies. */
type LuminoMessage = Parameters<Widget['processMessage']>[0];

export interface ISection {
  readonly title: string;
  readonly widget: Widget;
  readonly buttons: Readonly<Record<string, Widget>>;
  /** The share of the height it gets at first. */
  readonly share: number;
}

export class Sidebar extends SidePanel {
  private readonly sections: AccordionPanel;
  private readonly shares: number[] = [];
  private shared = false;
  private cover: Widget | null = null;
  private readonly _seen = new Signal<this, boolean>(this);

  constructor(translator: ITranslator) {
    const sections = new AccordionPanel({ layout: AccordionToolbar.createLayout({}) });
    super({ translator, content: sections });
    this.sections = sections;
    const name = translator.load('cellmill').__('Cellmill');
    this.id = 'cellmill-runs';
    this.addClass('cellmill-Sidebar');
    this.title.icon = cellmillIcon;
    this.title.caption = name;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', name);
  }

  /** Emits whether the user can see it, when that changes. */
  get seen(): ISignal<this, boolean> {
    return this._seen;
  }

  addSection({ title, widget, buttons, share }: ISection): void {
    const section = new PanelWithToolbar();
    section.addClass('cellmill-Section');
    section.title.label = title;
    section.addWidget(widget);
    for (const [name, button] of Object.entries(buttons)) {
      section.toolbar.addItem(name, button);
    }
    this.sections.addWidget(section);
    this.shares.push(share);
  }

  protected onAfterAttach(msg: LuminoMessage): void {
    super.onAfterAttach(msg);
    this._seen.emit(this.isVisible);
  }

  protected onAfterShow(msg: LuminoMessage): void {
    super.onAfterShow(msg);
    this._seen.emit(true);
  }

  protected onBeforeHide(msg: LuminoMessage): void {
    super.onBeforeHide(msg);
    this._seen.emit(false);
  }

  protected onResize(msg: Widget.ResizeMessage): void {
    super.onResize(msg);
    // Shares given before there is a height to share would be forgotten.
    if (!this.shared && this.sections.node.clientHeight > 0) {
      this.shared = true;
      this.sections.setRelativeSizes(this.shares);
    }
  }

  /** Show this over all sections. */
  coverWith(widget: Widget): void {
    if (widget === this.cover) {
      return;
    }
    this.uncover();
    this.cover = widget;
    if (widget.parent !== this) {
      widget.addClass('cellmill-Cover');
      (this.layout as PanelLayout).addWidget(widget); // what SidePanel always has
    }
    widget.show();
    this.sections.hide();
  }

  /** Show the sections again. A widget that covers them no more changes nothing. */
  uncover(widget: Widget | null = this.cover): void {
    if (widget === this.cover) {
      this.cover?.hide();
      this.cover = null;
      this.sections.show();
    }
  }
}
