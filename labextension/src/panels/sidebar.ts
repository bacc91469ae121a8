/** The sidebar: sections that fold, and views that cover them all, one at a time. */
import type { ITranslator } from '@jupyterlab/translation';
import { AccordionToolbar, PanelWithToolbar, SidePanel } from '@jupyterlab/ui-components';
import { Signal, type ISignal } from '@lumino/signaling';
import { AccordionPanel, type PanelLayout, type Widget } from '@lumino/widgets';

import type { Watched } from '../state/watched';
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

interface ICover {
  readonly widget: Widget;
  /** Something else takes its place. */
  readonly close: () => void;
}

export class Sidebar extends SidePanel {
  private readonly sections: AccordionPanel;
  private readonly shares: number[] = [];
  private shared = false;
  private cover: ICover | null = null;
  private cameFrom: Element | null = null;
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
    this.node.tabIndex = -1;
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

  /** Show a widget over all sections while its state is open. Of two such views the later one closes the other. */
  addCover<S extends object>(
    state: Watched<S> & { close(): void },
    isOpen: (now: S) => boolean,
    widget: Widget
  ): void {
    const cover: ICover = { widget, close: () => state.close() };
    widget.addClass('cellmill-Cover');
    state.changed.connect((_, now) => (isOpen(now) ? this.coverWith(cover) : this.uncover(cover)));
  }

  /** Take the keyboard, wherever it is, for a view that is opened next. */
  takeFocus(): void {
    if (!this.node.contains(document.activeElement)) {
      this.cameFrom = document.activeElement;
      this.node.focus();
    }
  }

  private coverWith(cover: ICover): void {
    const before = this.cover;
    if (cover === before) {
      return;
    }
    const { activeElement } = document;
    if (activeElement !== this.node && before?.widget.node.contains(activeElement) !== true) {
      this.cameFrom = activeElement;
    }
    this.cover = cover;
    if (cover.widget.parent !== this) {
      (this.layout as PanelLayout).addWidget(cover.widget); // what SidePanel always has
    }
    cover.widget.show();
    this.sections.hide();
    before?.widget.hide();
    before?.close();
  }

  private uncover(cover: ICover): void {
    if (cover !== this.cover) {
      return;
    }
    const hadFocus = cover.widget.node.contains(document.activeElement);
    this.cover = null;
    this.sections.show();
    cover.widget.hide();
    if (hadFocus) {
      this.returnFocus();
    }
  }

  /** The keyboard goes on where it was before the sections were covered. */
  private returnFocus(): void {
    const { cameFrom, sections } = this;
    const here = document.activeElement;
    if (cameFrom instanceof HTMLElement) {
      cameFrom.focus(); // a toolbar of JupyterLab's hands it on to another of its buttons
    }
    if (document.activeElement === here) {
      sections.titles.at(0)?.focus(); // it was nowhere, or that is gone or hidden by now
    }
  }
}
